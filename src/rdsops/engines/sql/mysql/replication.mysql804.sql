-- question: Does this server replicate, and how does it fare?
-- privilege: REPLICATION CLIENT
-- cost: no table is read
-- column Seconds_Behind_Source: lag; null when it does not replicate
SHOW REPLICA STATUS;

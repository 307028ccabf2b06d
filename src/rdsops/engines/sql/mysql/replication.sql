-- question: Does this server replicate, and how does it fare?
-- privilege: REPLICATION CLIENT (MySQL), REPLICA MONITOR (MariaDB)
-- cost: no table is read
-- column Seconds_Behind_Master: lag; null when it does not replicate
SHOW SLAVE STATUS;

-- question: What do the server's counters say since it started?
-- privilege: none
-- cost: no table is read
-- column Variable_name: the engine's name for it
-- column Value: as text
SHOW GLOBAL STATUS;

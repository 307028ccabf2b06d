-- question: Who waits for the definition of a table?
-- privilege: PROCESS
-- cost: one row a connection, from memory
-- column pid: the connection that waits
-- column user: who
-- column schema_name: where
-- column waits_s: since when
SELECT CAST(id AS UNSIGNED) AS pid, user AS user, db AS schema_name, CAST(time AS SIGNED) AS waits_s
FROM information_schema.processlist
WHERE state LIKE 'Waiting for table metadata lock%'
ORDER BY time DESC, id;

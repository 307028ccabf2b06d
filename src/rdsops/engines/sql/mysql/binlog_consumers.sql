-- question: Who reads the binary log over a connection?
-- privilege: PROCESS
-- cost: one row a connection, from memory
-- column user: who
-- column connections: how many
SELECT user AS user, CAST(COUNT(*) AS UNSIGNED) AS connections
FROM information_schema.processlist
WHERE command LIKE 'Binlog Dump%'
GROUP BY user
ORDER BY user;

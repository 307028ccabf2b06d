-- question: Which transactions have been open for a minute or longer?
-- privilege: PROCESS
-- cost: one row a transaction, from memory
-- column pid: the connection
-- column user: who
-- column schema_name: where, if anywhere
-- column command: Sleep for an idle one
-- column age_s: since it began
-- column rows_modified: what a rollback would undo
-- column rows_locked: as the engine estimates them
SELECT CAST(x.trx_mysql_thread_id AS UNSIGNED) AS pid,
       p.user AS user,
       p.db AS schema_name,
       p.command AS command,
       CAST(TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) AS SIGNED) AS age_s,
       CAST(x.trx_rows_modified AS UNSIGNED) AS rows_modified,
       CAST(x.trx_rows_locked AS UNSIGNED) AS rows_locked
FROM information_schema.innodb_trx x
LEFT JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id
WHERE TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) >= 60
ORDER BY age_s DESC, pid;

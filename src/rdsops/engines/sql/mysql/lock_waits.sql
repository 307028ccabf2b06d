-- question: Who waits for a row lock, and who holds it?
-- privilege: PROCESS
-- cost: one row a wait, from memory; the lock system is latched meanwhile
-- column waiting_pid: the connection that waits
-- column waits_s: since when
-- column locked_table: schema and table
-- column blocking_pid: the connection that holds it
-- column blocking_user: who that is
-- column blocking_command: Sleep when it does nothing
-- column blocking_age_s: since its transaction began
SELECT CAST(r.trx_mysql_thread_id AS UNSIGNED) AS waiting_pid,
       CAST(TIMESTAMPDIFF(SECOND, r.trx_wait_started, NOW()) AS SIGNED) AS waits_s,
       REPLACE(l.lock_table, '`', '') AS locked_table,
       CAST(b.trx_mysql_thread_id AS UNSIGNED) AS blocking_pid,
       p.user AS blocking_user,
       p.command AS blocking_command,
       CAST(TIMESTAMPDIFF(SECOND, b.trx_started, NOW()) AS SIGNED) AS blocking_age_s
FROM information_schema.innodb_lock_waits w
JOIN information_schema.innodb_trx r ON r.trx_id = w.requesting_trx_id
JOIN information_schema.innodb_trx b ON b.trx_id = w.blocking_trx_id
JOIN information_schema.innodb_locks l ON l.lock_id = w.requested_lock_id
LEFT JOIN information_schema.processlist p ON p.id = b.trx_mysql_thread_id
ORDER BY waits_s DESC, waiting_pid, blocking_pid;

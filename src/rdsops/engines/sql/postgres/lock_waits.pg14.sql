-- question: Who waits for a lock, since when, and who stands in the way?
-- privilege: pg_monitor
-- cost: takes the lock manager's locks for a moment, once a waiting session
-- column pid: a waiting session, or one that blocks others
-- column role: who
-- column database: where
-- column application: application_name, 64 characters
-- column state: active, idle in transaction, …
-- column transaction_s: seconds since its transaction began
-- column waits_s: seconds it has waited; null when it does not wait
-- column wants: the lock mode it waits for
-- column query_id: of its statement; null when compute_query_id is off
-- column blocked_by: sessions in its way; 0 stands for a prepared transaction
WITH waiting AS MATERIALIZED (
    SELECT pid, pg_blocking_pids(pid) AS blocked_by
    FROM pg_catalog.pg_stat_activity
    WHERE wait_event_type = 'Lock'
), involved AS (
    SELECT pid FROM waiting UNION SELECT unnest(blocked_by) FROM waiting
), wanted AS (
    SELECT pid, min(mode) AS mode, min(waitstart) AS since
    FROM pg_catalog.pg_locks
    WHERE NOT granted
    GROUP BY pid
)
SELECT a.pid,
       a.usename::text AS role,
       a.datname::text AS database,
       left(a.application_name, 64) AS application,
       a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_s,
       CASE WHEN w.pid IS NOT NULL
            THEN extract(epoch FROM clock_timestamp() - coalesce(l.since, a.query_start))::float8 END AS waits_s,
       l.mode AS wants,
       a.query_id,
       coalesce(w.blocked_by, '{}') AS blocked_by
FROM involved i
JOIN pg_catalog.pg_stat_activity a ON a.pid = i.pid
LEFT JOIN waiting w ON w.pid = i.pid
LEFT JOIN wanted l ON l.pid = i.pid
ORDER BY a.pid;

-- question: Who waits for a lock, since when, and who stands in the way?
-- privilege: pg_monitor
-- cost: takes the lock manager's locks for a moment, once a waiting session
-- column pid: a waiting session, or one that blocks others
-- column role: who
-- column database: where
-- column application: application_name, 64 characters
-- column state: active, idle in transaction, …
-- column transaction_s: seconds since its transaction began
-- column waits_s: seconds it has waited (since its statement began); null when it does not wait
-- column wants: the lock mode it waits for
-- column query_id: null before PostgreSQL 14
-- column blocked_by: sessions in its way; 0 stands for a prepared transaction
WITH waiting AS MATERIALIZED (
    SELECT pid, pg_blocking_pids(pid) AS blocked_by
    FROM pg_catalog.pg_stat_activity
    WHERE wait_event_type = 'Lock'
), involved AS (
    SELECT pid FROM waiting UNION SELECT unnest(blocked_by) FROM waiting
)
SELECT a.pid,
       a.usename::text AS role,
       a.datname::text AS database,
       left(a.application_name, 64) AS application,
       a.state,
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_s,
       CASE WHEN w.pid IS NOT NULL
            THEN extract(epoch FROM clock_timestamp() - a.query_start)::float8 END AS waits_s,
       (SELECT min(l.mode) FROM pg_catalog.pg_locks l WHERE l.pid = a.pid AND NOT l.granted) AS wants,
       NULL::bigint AS query_id,
       coalesce(w.blocked_by, '{}') AS blocked_by
FROM involved i
JOIN pg_catalog.pg_stat_activity a ON a.pid = i.pid
LEFT JOIN waiting w ON w.pid = i.pid
ORDER BY a.pid;

-- question: Which sessions have been in a transaction for 5 seconds or longer?
-- privilege: pg_monitor
-- cost: reads the sessions in memory; no statement text
-- column pid: the session
-- column role: who
-- column database: where
-- column application: application_name, 64 characters
-- column state: active, idle in transaction, idle in transaction (aborted)
-- column transaction_s: seconds since the transaction began
-- column state_s: seconds in this state
-- column wait: wait event type and name, null when running
-- column query_id: null before PostgreSQL 14
SELECT pid,
       usename::text AS role,
       datname::text AS database,
       left(application_name, 64) AS application,
       state,
       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction_s,
       extract(epoch FROM clock_timestamp() - state_change)::float8 AS state_s,
       wait_event_type || ': ' || wait_event AS wait,
       NULL::bigint AS query_id
FROM pg_catalog.pg_stat_activity
WHERE backend_type = 'client backend'
  AND pid <> pg_backend_pid()
  AND xact_start < clock_timestamp() - interval '5 seconds'
ORDER BY xact_start, pid
LIMIT 200;

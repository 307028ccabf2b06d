-- Question: which sessions are active at this moment, on what do they wait, and whose are they?
-- Privilege: pg_read_all_stats. Cost: one pass over the backends. The sampler itself and senders of WAL are left out.
-- Columns: wait_type, wait_event (null: running), query_id, query (cut by the server at track_activity_query_size),
--          username, database, application, host, kind
SELECT a.wait_event_type AS wait_type,
       a.wait_event,
       a.query_id,
       a.query,
       a.usename::text AS username,
       a.datname::text AS database,
       nullif(a.application_name, '') AS application,
       coalesce(pg_catalog.host(a.client_addr), 'localhost') AS host,
       a.backend_type AS kind
  FROM pg_catalog.pg_stat_activity AS a
 WHERE a.state = 'active'
   AND a.pid <> pg_catalog.pg_backend_pid()
   AND a.application_name <> 'rdsops-lab-sampler'
   AND a.backend_type <> 'walsender'
   AND a.wait_event_type IS DISTINCT FROM 'Activity'
 ORDER BY a.pid

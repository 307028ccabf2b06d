-- Question: how many clients, how far replication is behind, how old transaction ids are; and the counters since start.
-- Privilege: pg_monitor. Cost: one row a database, one a backend.
-- Columns: replica (boolean), connections, lag_s (null on a writer), oldest_xid, commits, deadlocks, blocks_hit, blocks_read
SELECT pg_catalog.pg_is_in_recovery() AS replica,
       (SELECT count(*)
          FROM pg_catalog.pg_stat_activity AS a
         WHERE a.backend_type = 'client backend'
           AND a.application_name <> 'rdsops-lab-sampler')::float8 AS connections,
       CASE
         WHEN NOT pg_catalog.pg_is_in_recovery() THEN NULL
         WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_stat_wal_receiver)
          AND pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() THEN 0
         ELSE extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())
       END::float8 AS lag_s,
       (SELECT max(pg_catalog.age(d.datfrozenxid)) FROM pg_catalog.pg_database AS d)::float8 AS oldest_xid,
       sum(s.xact_commit)::float8 AS commits,
       sum(s.deadlocks)::float8 AS deadlocks,
       sum(s.blks_hit)::float8 AS blocks_hit,
       sum(s.blks_read)::float8 AS blocks_read
  FROM pg_catalog.pg_stat_database AS s

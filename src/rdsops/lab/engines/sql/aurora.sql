-- Aurora PostgreSQL's own functions, answered from what plain streaming replication knows. Run once on a writer, as the
-- lab's superuser; readers receive them by replication. Who a server is comes from its setting rdsops_lab.instance.
-- Names and columns: Aurora User Guide, aurora_replica_status, aurora_version, aurora_db_instance_identifier,
-- read 2026-11-23. What the lab cannot know (cpu, iops, log_stream_speed_in_kib_per_second …) is null.
--
-- On the writer all rows are live. A reader knows its own lag; of the others it knows what the writer published last
-- (rdsops_lab_publish(), called once a second by the lab, as Aurora does through its storage).
-- The table lies in pg_catalog so that surveys of the user's tables do not meet it.
SET allow_system_table_mods = on;

CREATE TABLE pg_catalog.rdsops_lab_topology (
    server_id text PRIMARY KEY,
    session_id text NOT NULL,
    durable_lsn bigint,
    highest_lsn_rcvd bigint,
    current_read_lsn bigint,
    cur_replay_latency_in_usec bigint,
    last_update_timestamp timestamptz NOT NULL,
    feedback_xmin bigint,
    replica_lag_in_msec double precision
);

RESET allow_system_table_mods;

CREATE FUNCTION pg_catalog.aurora_version() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT split_part(current_setting('server_version'), ' ', 1) || '.0' $$;

CREATE FUNCTION pg_catalog.aurora_db_instance_identifier() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT current_setting('rdsops_lab.instance') $$;

-- The members as the writer sees them now.
CREATE FUNCTION pg_catalog.rdsops_lab_members() RETURNS SETOF pg_catalog.rdsops_lab_topology
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT current_setting('rdsops_lab.instance'),
           'MASTER_SESSION_ID',
           (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::bigint,
           NULL::bigint,
           (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint,
           NULL::bigint,
           clock_timestamp(),
           NULL::bigint,
           NULL::double precision
    UNION ALL
    SELECT r.application_name,
           md5(r.application_name)::uuid::text,
           (r.flush_lsn - '0/0'::pg_lsn)::bigint,
           (r.write_lsn - '0/0'::pg_lsn)::bigint,
           (r.replay_lsn - '0/0'::pg_lsn)::bigint,
           coalesce(extract(epoch FROM r.replay_lag) * 1000000, 0)::bigint,
           coalesce(r.reply_time, r.backend_start),
           coalesce(r.backend_xmin, s.xmin)::text::bigint,
           coalesce(extract(epoch FROM r.replay_lag) * 1000, 0)::double precision
    FROM pg_stat_replication r
    LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
    WHERE r.state = 'streaming'
$$;

-- Called on the writer: leaves the members where readers find them.
CREATE FUNCTION pg_catalog.rdsops_lab_publish() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    DELETE FROM rdsops_lab_topology t
    WHERE NOT EXISTS (SELECT FROM rdsops_lab_members() m WHERE m.server_id = t.server_id);
    INSERT INTO rdsops_lab_topology SELECT * FROM rdsops_lab_members()
    ON CONFLICT (server_id) DO UPDATE
    SET session_id = excluded.session_id,
        durable_lsn = excluded.durable_lsn,
        highest_lsn_rcvd = excluded.highest_lsn_rcvd,
        current_read_lsn = excluded.current_read_lsn,
        cur_replay_latency_in_usec = excluded.cur_replay_latency_in_usec,
        last_update_timestamp = excluded.last_update_timestamp,
        feedback_xmin = excluded.feedback_xmin,
        replica_lag_in_msec = excluded.replica_lag_in_msec
$$;

CREATE FUNCTION pg_catalog.aurora_replica_status()
RETURNS TABLE (
    server_id text,
    session_id text,
    durable_lsn bigint,
    highest_lsn_rcvd bigint,
    current_read_lsn bigint,
    cur_replay_latency_in_usec bigint,
    active_txns integer,
    is_current boolean,
    last_transport_error integer,
    last_error_timestamp timestamptz,
    last_update_timestamp timestamptz,
    feedback_xmin bigint,
    feedback_epoch integer,
    replica_lag_in_msec double precision,
    log_stream_speed_in_kib_per_second double precision,
    log_buffer_sequence_number integer,
    oldest_read_view_trx_id integer,
    oldest_read_view_lsn bigint,
    pending_read_ios integer,
    read_ios integer,
    iops integer,
    cpu double precision
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
DECLARE
    myself text := current_setting('rdsops_lab.instance');
    lag_ms double precision;
BEGIN
    IF NOT pg_is_in_recovery() THEN
        RETURN QUERY
        SELECT m.server_id, m.session_id, m.durable_lsn, m.highest_lsn_rcvd, m.current_read_lsn,
               m.cur_replay_latency_in_usec, NULL::integer, NULL::boolean, NULL::integer, NULL::timestamptz,
               CASE WHEN m.server_id <> myself THEN m.last_update_timestamp END,
               m.feedback_xmin, NULL::integer, m.replica_lag_in_msec, NULL::double precision, NULL::integer,
               NULL::integer, NULL::bigint, NULL::integer, NULL::integer, NULL::integer, NULL::double precision
        FROM rdsops_lab_members() m;
        RETURN;
    END IF;
    lag_ms := CASE
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000
    END;
    RETURN QUERY
    SELECT t.server_id, t.session_id, t.durable_lsn,
           CASE WHEN t.server_id = myself THEN (pg_last_wal_receive_lsn() - '0/0'::pg_lsn)::bigint
                ELSE t.highest_lsn_rcvd END,
           CASE WHEN t.server_id = myself THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint
                ELSE t.current_read_lsn END,
           t.cur_replay_latency_in_usec, NULL::integer, NULL::boolean, NULL::integer, NULL::timestamptz,
           CASE WHEN t.server_id <> myself THEN t.last_update_timestamp END,
           t.feedback_xmin, NULL::integer,
           CASE WHEN t.server_id = myself THEN lag_ms ELSE t.replica_lag_in_msec END,
           NULL::double precision, NULL::integer, NULL::integer, NULL::bigint, NULL::integer, NULL::integer,
           NULL::integer, NULL::double precision
    FROM rdsops_lab_topology t;
END
$$;

REVOKE ALL ON pg_catalog.rdsops_lab_topology FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_catalog.rdsops_lab_publish() FROM PUBLIC;

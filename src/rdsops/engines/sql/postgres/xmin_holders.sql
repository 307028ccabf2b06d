-- question: Who keeps VACUUM from removing dead rows (the oldest xmin), among sessions, slots, prepared transactions and standbys?
-- privilege: pg_monitor
-- cost: a row a holder, from memory
-- column kind: session, prepared transaction, slot, slot (catalogs only), standby
-- column name: the pid with its role, the transaction's or slot's name, the standby's application_name
-- column xid_age: transactions since the xmin it holds
-- column held_s: seconds since its transaction began, null where the server does not say
WITH holders AS (
    SELECT 'session' AS kind,
           a.pid || ' (' || coalesce(a.usename::text, a.backend_type) || ')' AS name,
           greatest(age(a.backend_xmin), age(a.backend_xid))::bigint AS xid_age,
           extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS held_s
    FROM pg_catalog.pg_stat_activity a
    WHERE a.backend_type NOT IN ('walsender', 'autovacuum worker')
      AND a.pid <> pg_backend_pid()
      AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v WHERE v.pid = a.pid)
    UNION ALL
    SELECT 'prepared transaction', gid, age(transaction)::bigint,
           extract(epoch FROM clock_timestamp() - prepared)::float8
    FROM pg_catalog.pg_prepared_xacts
    UNION ALL
    SELECT 'slot', slot_name, age(xmin)::bigint, NULL
    FROM pg_catalog.pg_replication_slots
    WHERE xmin IS NOT NULL
    UNION ALL
    SELECT 'slot (catalogs only)', slot_name, age(catalog_xmin)::bigint, NULL
    FROM pg_catalog.pg_replication_slots
    WHERE catalog_xmin IS NOT NULL
    UNION ALL
    SELECT 'standby', coalesce(nullif(application_name, ''), pid::text), age(backend_xmin)::bigint, NULL
    FROM pg_catalog.pg_stat_replication
    WHERE backend_xmin IS NOT NULL
)
SELECT kind, name, xid_age, held_s
FROM holders
ORDER BY xid_age DESC, kind, name
LIMIT 50;

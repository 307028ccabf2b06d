-- question: What server is this, since when does it run, and how much does this login see?
-- privilege: none
-- cost: one row, no table read
-- column server_version: server_version_num, 180006
-- column in_recovery: true on a standby and on an Aurora reader
-- column started_at: when the postmaster started
-- column login: the role this connection runs as
-- column sees_all_stats: the role has the rights of pg_read_all_stats (part of pg_monitor)
-- column reads_all_data: the role may read every table and sequence
SELECT current_setting('server_version_num')::int AS server_version,
       pg_is_in_recovery() AS in_recovery,
       pg_postmaster_start_time() AS started_at,
       current_user::text AS login,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_all_stats,
       (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)
       OR EXISTS (SELECT FROM pg_catalog.pg_roles
                  WHERE rolname = 'pg_read_all_data' AND pg_has_role(current_user, oid, 'USAGE')) AS reads_all_data;

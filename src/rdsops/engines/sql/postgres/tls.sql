-- question: Who is connected over the network now, and is it encrypted?
-- privilege: pg_monitor
-- cost: one row a role; reads the sessions in memory
-- column role: the role of the sessions
-- column encrypted: sessions over TLS
-- column plain: sessions without it (through a proxy this is the proxy's leg, not the client's)
SELECT a.usename::text AS role,
       count(*) FILTER (WHERE s.ssl) AS encrypted,
       count(*) FILTER (WHERE NOT s.ssl) AS plain
FROM pg_catalog.pg_stat_activity a
JOIN pg_catalog.pg_stat_ssl s ON s.pid = a.pid
WHERE a.backend_type IN ('client backend', 'walsender')
  AND a.usename IS NOT NULL
  AND a.client_addr IS NOT NULL
  AND NOT (a.client_addr <<= inet '127.0.0.0/8' OR a.client_addr = inet '::1')
  AND a.usename NOT IN ('rdsadmin', 'rdsrepladmin', 'rdsproxyadmin')
GROUP BY a.usename
ORDER BY a.usename;

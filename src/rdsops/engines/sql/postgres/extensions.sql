-- question: Which extensions are installed, and is their SQL as new as their library?
-- privilege: none
-- cost: reads the control files that the server offers
-- column name: the extension
-- column schema: where it lies
-- column installed: version of its SQL objects
-- column available: version that this server would install; null when the server no longer offers it
SELECT e.extname AS name,
       n.nspname AS schema,
       e.extversion AS installed,
       a.default_version AS available
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_catalog.pg_available_extensions a ON a.name = e.extname
ORDER BY e.extname;

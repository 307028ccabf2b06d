-- Question: where does pg_stat_statements live in this database, so that its view can be read unqualified?
-- Sets the search path of this session to that schema. Privilege: none. Cost: one row of two catalogs.
-- Columns: found (boolean: the view can be read, its library is loaded)
SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(n.nspname), false) IS NOT NULL AS found
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.extname = 'pg_stat_statements'
   AND pg_catalog.current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%'

-- question: Which two-phase transactions are prepared and not finished?
-- privilege: none
-- cost: one row a transaction
-- column name: the global identifier
-- column role: who prepared it
-- column database: where; it must be finished there
-- column prepared_s: seconds since it was prepared
SELECT gid AS name,
       owner::text AS role,
       database::text AS database,
       extract(epoch FROM clock_timestamp() - prepared)::float8 AS prepared_s
FROM pg_catalog.pg_prepared_xacts
ORDER BY prepared, gid;

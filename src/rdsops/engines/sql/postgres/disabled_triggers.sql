-- question: Which triggers are switched off, those that enforce foreign keys included?
-- privilege: none
-- cost: one pass over pg_trigger
-- column schema: of the table
-- column table: the table
-- column trigger: the trigger; for a foreign key its constraint
-- column foreign_key: it enforces a foreign key
SELECT DISTINCT
       n.nspname AS schema,
       c.relname AS table,
       coalesce(k.conname, t.tgname) AS trigger,
       coalesce(k.contype = 'f', false) AS foreign_key
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_constraint k ON k.oid = t.tgconstraint AND t.tgisinternal
WHERE t.tgenabled = 'D'
ORDER BY foreign_key DESC, n.nspname, c.relname, trigger
LIMIT 200;

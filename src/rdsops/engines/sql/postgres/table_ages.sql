-- question: Which tables have the oldest transaction and multixact ids?
-- privilege: none
-- cost: one pass over pg_class; no table is opened
-- column schema: of the table (for a TOAST table: of its owner)
-- column name: of the table (for a TOAST table: of its owner)
-- column part: table, materialised view or toast
-- column xid_age: transactions since relfrozenxid
-- column mxid_age: multixacts since relminmxid
WITH ages AS (
    SELECT c.oid, c.relkind, age(c.relfrozenxid)::bigint AS xid_age, mxid_age(c.relminmxid)::bigint AS mxid_age
    FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'm', 't')
      AND c.relfrozenxid <> '0'::xid
), worst AS (
    (SELECT oid, relkind, xid_age, mxid_age FROM ages ORDER BY xid_age DESC, oid LIMIT 10)
    UNION
    (SELECT oid, relkind, xid_age, mxid_age FROM ages ORDER BY mxid_age DESC, oid LIMIT 10)
)
SELECT n.nspname AS schema,
       c.relname AS name,
       CASE w.relkind WHEN 't' THEN 'toast' WHEN 'm' THEN 'materialised view' ELSE 'table' END AS part,
       w.xid_age,
       w.mxid_age
FROM worst w
JOIN pg_catalog.pg_class c ON (w.relkind = 't' AND c.reltoastrelid = w.oid) OR (w.relkind <> 't' AND c.oid = w.oid)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY w.xid_age DESC, w.mxid_age DESC, n.nspname, c.relname;

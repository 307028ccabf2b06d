-- question: Which databases are there, which accept connections, and how old is their oldest transaction id?
-- privilege: none
-- cost: one row a database
-- column name: the database
-- column accepts_connections: datallowconn; those that do not are vacuumed by nobody but autovacuum, and age too
-- column is_template: template databases are not walked
-- column may_connect: this role has CONNECT
-- column xid_age: transactions since datfrozenxid
-- column mxid_age: multixacts since datminmxid
SELECT datname AS name,
       datallowconn AS accepts_connections,
       datistemplate AS is_template,
       has_database_privilege(oid, 'CONNECT') AS may_connect,
       age(datfrozenxid)::bigint AS xid_age,
       mxid_age(datminmxid)::bigint AS mxid_age
FROM pg_catalog.pg_database
ORDER BY datname;

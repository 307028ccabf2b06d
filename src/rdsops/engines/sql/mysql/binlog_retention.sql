-- question: For how long does RDS keep binary logs?
-- privilege: SELECT on mysql.rds_configuration
-- cost: one row
-- column hours: null means that RDS removes them as soon as it can
SELECT value AS hours
FROM mysql.rds_configuration
WHERE name = 'binlog retention hours';

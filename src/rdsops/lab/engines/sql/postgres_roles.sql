-- Roles that RDS for PostgreSQL has and plain PostgreSQL lacks. Run once, in each template, by the lab's superuser.
-- rds_superuser: what the master user of an instance is a member of; it is no superuser.
-- Source: Amazon RDS User Guide, "Understanding PostgreSQL roles and permissions" (recalled).
CREATE ROLE rds_superuser NOLOGIN;
CREATE ROLE rds_replication NOLOGIN;
CREATE ROLE rds_password NOLOGIN;
CREATE ROLE rds_iam NOLOGIN;
GRANT pg_monitor, pg_signal_backend, pg_read_all_stats, pg_read_all_settings, pg_stat_scan_tables
  TO rds_superuser WITH ADMIN OPTION;
GRANT rds_replication, rds_password, rds_iam TO rds_superuser WITH ADMIN OPTION;

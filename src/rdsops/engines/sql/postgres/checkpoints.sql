-- question: How many checkpoints came on time, and how many because WAL ran full?
-- privilege: none
-- cost: one row from memory
-- column timed: started by checkpoint_timeout
-- column requested: started by WAL volume (max_wal_size) or by hand
-- column counted_since: when the counters were last reset
SELECT checkpoints_timed AS timed,
       checkpoints_req AS requested,
       stats_reset AS counted_since
FROM pg_catalog.pg_stat_bgwriter;

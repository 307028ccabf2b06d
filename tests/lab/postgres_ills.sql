-- One database with one of each fault, and beside each a neighbour that is just healthy.
CREATE TABLE public.good (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
INSERT INTO public.good (note) SELECT 'n' FROM generate_series(1, 100);

-- keys
CREATE TABLE public.no_key (a int);
CREATE TABLE public.no_key_published (a int);
CREATE TABLE public.key_by_identity (a int NOT NULL UNIQUE);
ALTER TABLE public.key_by_identity REPLICA IDENTITY USING INDEX key_by_identity_a_key;
CREATE TABLE public.parts_keyed (a int) PARTITION BY RANGE (a);
CREATE TABLE public.parts_keyed_1 PARTITION OF public.parts_keyed FOR VALUES FROM (0) TO (10);
ALTER TABLE public.parts_keyed_1 ADD PRIMARY KEY (a);
CREATE TABLE public.parts_no_key (a int) PARTITION BY RANGE (a);
CREATE TABLE public.parts_no_key_1 PARTITION OF public.parts_no_key FOR VALUES FROM (0) TO (10);
CREATE PUBLICATION ill_publication FOR TABLE public.no_key_published, public.good;

-- foreign keys
CREATE TABLE public.parent (a int, b int, PRIMARY KEY (a, b));
INSERT INTO public.parent SELECT x, x FROM generate_series(1, 100) x;
CREATE TABLE public.child_bare (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES public.parent);
INSERT INTO public.child_bare SELECT x, x % 100 + 1, x % 100 + 1 FROM generate_series(1, 12000) x;
CREATE TABLE public.child_swapped (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES public.parent);
CREATE INDEX child_swapped_b_a ON public.child_swapped (b, a, id);
CREATE TABLE public.child_partial (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES public.parent);
CREATE INDEX child_partial_a_b ON public.child_partial (a, b) WHERE a > 5;
CREATE TABLE public.child_behind (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES public.parent);
CREATE INDEX child_behind_id_a_b ON public.child_behind (id, a, b);
CREATE TABLE public.child_parts (id int, a int, b int, FOREIGN KEY (a, b) REFERENCES public.parent) PARTITION BY RANGE (id);
CREATE TABLE public.child_parts_1 PARTITION OF public.child_parts FOR VALUES FROM (0) TO (100000);

-- numbered keys
CREATE TABLE public.nearly_full (id serial PRIMARY KEY);
SELECT setval('public.nearly_full_id_seq', 1932735283);
CREATE TABLE public.half_full (id serial PRIMARY KEY);
SELECT setval('public.half_full_id_seq', 1000000000);
CREATE TABLE public.never_used (id serial PRIMARY KEY);
CREATE TABLE public.wide_key (id bigserial PRIMARY KEY);
SELECT setval('public.wide_key_id_seq', 2000000000);
CREATE TABLE public.narrow_reference (id bigint PRIMARY KEY, wide_id int REFERENCES public.wide_key);
CREATE INDEX ON public.narrow_reference (wide_id);
CREATE SEQUENCE public.shared_numbers;
SELECT setval('public.shared_numbers', 30000);
CREATE TABLE public.by_default (id smallint PRIMARY KEY DEFAULT nextval('public.shared_numbers'));
CREATE TABLE public.round_and_round (id int PRIMARY KEY);
CREATE SEQUENCE public.round_seq AS int MAXVALUE 100 CYCLE OWNED BY public.round_and_round.id;
SELECT setval('public.round_seq', 99);

-- indexes
CREATE TABLE public.indexed (id int PRIMARY KEY, a int, b int, t text, u int);
INSERT INTO public.indexed SELECT x, x, x % 10, 'text ' || x, x FROM generate_series(1, 60000) x;
CREATE INDEX indexed_a ON public.indexed (a);
CREATE INDEX indexed_a_again ON public.indexed (a);
CREATE INDEX indexed_a_desc ON public.indexed (a DESC);
CREATE INDEX indexed_a_some ON public.indexed (a) WHERE b = 1;
CREATE INDEX indexed_a_hash ON public.indexed USING hash (a);
CREATE INDEX indexed_a_b ON public.indexed (a, b);
CREATE INDEX indexed_b_a ON public.indexed (b, a);
CREATE INDEX indexed_t ON public.indexed (t);
CREATE INDEX indexed_t_pattern ON public.indexed (t text_pattern_ops);
CREATE INDEX indexed_t_collated ON public.indexed (t COLLATE "POSIX");
CREATE INDEX indexed_lower ON public.indexed (lower(t));
CREATE INDEX indexed_lower_again ON public.indexed (lower(t));
CREATE INDEX indexed_upper ON public.indexed (upper(t));
ALTER TABLE public.indexed ADD CONSTRAINT indexed_u_key UNIQUE (u);
CREATE INDEX indexed_u_plain ON public.indexed (u);
CREATE UNIQUE INDEX indexed_u_a ON public.indexed (u, a);
CREATE INDEX indexed_id_plain ON public.indexed (id);
SET enable_seqscan = off;
SELECT count(*) FROM public.indexed WHERE b = 3 AND a = 3;
RESET enable_seqscan;

-- constraints, triggers
ALTER TABLE public.good ADD CONSTRAINT good_note CHECK (note <> 'forbidden') NOT VALID;
ALTER TABLE public.good ADD CONSTRAINT good_id CHECK (id > 0);
CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER good_off BEFORE INSERT ON public.good FOR EACH ROW EXECUTE FUNCTION public.nothing();
CREATE TRIGGER good_on BEFORE INSERT ON public.good FOR EACH ROW EXECUTE FUNCTION public.nothing();
ALTER TABLE public.good DISABLE TRIGGER good_off;
ALTER TABLE public.child_swapped DISABLE TRIGGER ALL;

-- vacuum and statistics
CREATE TABLE public.bloated (id int PRIMARY KEY, pad text) WITH (autovacuum_enabled = off);
INSERT INTO public.bloated SELECT x, repeat('x', 100) FROM generate_series(1, 250000) x;
DELETE FROM public.bloated WHERE id % 5 > 0;
CREATE TABLE public.dead_rows (id int PRIMARY KEY, a int) WITH (autovacuum_enabled = off);
INSERT INTO public.dead_rows SELECT x, x FROM generate_series(1, 30000) x;
CREATE TABLE public.toast_off (id int PRIMARY KEY, t text) WITH (toast.autovacuum_enabled = off);
CREATE TABLE public.never_analysed WITH (autovacuum_enabled = off) AS
    SELECT x AS id, repeat('y', 50) AS t FROM generate_series(1, 20000) x;
ALTER TABLE public.never_analysed ADD PRIMARY KEY (id);
CREATE TABLE public.empty_new (id int PRIMARY KEY) WITH (autovacuum_enabled = off);
CREATE UNLOGGED TABLE public.scratch (id int PRIMARY KEY);

-- upgrades
CREATE EXTENSION hstore VERSION '1.4';
CREATE DOMAIN public.a_proc AS regproc;
CREATE TYPE public.with_proc AS (p regprocedure);
CREATE TABLE public.reg (id int PRIMARY KEY, direct regproc, listed regnamespace[], domain_of a_proc, composed with_proc,
                         fine regclass, fine_too regtype);

-- partitions
CREATE TABLE public.by_day (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE public.by_day_1 PARTITION OF public.by_day FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE public.by_day_2 PARTITION OF public.by_day FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE public.by_day_rest PARTITION OF public.by_day DEFAULT;
INSERT INTO public.by_day SELECT date '2026-03-05' FROM generate_series(1, 50);
CREATE TABLE public.by_time (at timestamptz NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE public.by_time_1 PARTITION OF public.by_time FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
CREATE TABLE public.by_list (a int) PARTITION BY LIST (a);
CREATE TABLE public.by_list_rest PARTITION OF public.by_list DEFAULT;

-- rights
CREATE SCHEMA open_to_all;
GRANT CREATE ON SCHEMA open_to_all TO PUBLIC;
CREATE FUNCTION public.lends(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT a';
CREATE FUNCTION public.lends_pinned(a int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT a';
CREATE FUNCTION public.lends_to_some(a int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT a';
REVOKE EXECUTE ON FUNCTION public.lends_to_some(int) FROM PUBLIC;

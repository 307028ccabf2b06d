-- A shop whose database was never looked after. Each fault is marked FAULT and has a name that says what it is.
-- Run statement by statement in autocommit, as the owner of the database. Ids and dates are made from row numbers, so
-- that every lab is equal. The abandoned slot is made before this script and retains all of its WAL.

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    created_at timestamptz NOT NULL
);
INSERT INTO customers (email, name, country, created_at)
SELECT 'c' || (n % 29900) || '@example.com', 'Customer ' || n, (ARRAY['DE', 'FR', 'PL', 'SE', 'US'])[1 + n % 5],
       timestamptz '2025-01-01' + n * interval '15 minutes'
FROM generate_series(1, 30000) n;
-- FAULT duplicate index: two alike on email.
CREATE INDEX customers_email_idx ON customers (email);
CREATE INDEX customers_email_again_idx ON customers (email);

CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    price numeric(10, 2) NOT NULL,
    in_stock integer NOT NULL
);
INSERT INTO products (title, price, in_stock)
SELECT 'Product ' || n, 1 + n % 200, 1000 FROM generate_series(1, 2000) n;

-- FAULT int4 key near its end: orders.id is integer, its sequence stands at 90 % of 2147483647.
CREATE TABLE orders (
    id serial PRIMARY KEY,
    customer_id bigint NOT NULL,
    status text NOT NULL,
    placed_at timestamptz NOT NULL
);
SELECT setval('orders_id_seq', 1933835282);
INSERT INTO orders (customer_id, status, placed_at)
SELECT 1 + n % 30000, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'shipped' END,
       timestamptz '2026-01-01' + n * interval '4 minutes'
FROM generate_series(1, 100000) n;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
-- FAULT overlapping indexes: the second begins with the whole first.
CREATE INDEX orders_customer_idx ON orders (customer_id);
CREATE INDEX orders_customer_placed_idx ON orders (customer_id, placed_at);

-- FAULT unindexed foreign key: order_lines.order_id refers to orders, and nothing finds lines by it.
CREATE TABLE order_lines (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id integer NOT NULL,
    product_id bigint NOT NULL,
    quantity integer NOT NULL,
    unit_price numeric(10, 2) NOT NULL,
    note text
);
INSERT INTO order_lines (order_id, product_id, quantity, unit_price, note)
SELECT 1933835283 + n / 2, 1 + n % 2000, 1 + n % 4, 1 + n % 200, CASE WHEN n % 3 = 0 THEN 'gift wrap, line ' || n END
FROM generate_series(1, 199000) n;
ALTER TABLE order_lines ADD FOREIGN KEY (order_id) REFERENCES orders;
-- FAULT unused index: nothing asks by note.
CREATE INDEX order_lines_note_unused_idx ON order_lines (note, unit_price, quantity);
CREATE INDEX order_lines_product_idx ON order_lines (product_id);
-- FAULT constraint that was never validated.
ALTER TABLE order_lines ADD CONSTRAINT order_lines_quantity_positive CHECK (quantity > 0) NOT VALID;

-- FAULT integer column under a bigint sequence: the column ends first, at 82 % already.
CREATE SEQUENCE invoice_numbers AS bigint START 1760936591;
CREATE TABLE invoices (
    id integer PRIMARY KEY DEFAULT nextval('invoice_numbers'),
    order_id integer NOT NULL,
    issued_at timestamptz NOT NULL
);
ALTER SEQUENCE invoice_numbers OWNED BY invoices.id;
CREATE INDEX invoices_order_idx ON invoices (order_id);
INSERT INTO invoices (order_id, issued_at)
SELECT 1933835283 + n, timestamptz '2026-02-01' + n * interval '1 hour' FROM generate_series(1, 3000) n;

-- FAULT table without primary key.
CREATE TABLE page_views (
    viewed_at timestamptz NOT NULL,
    customer_id bigint,
    path text NOT NULL
);
INSERT INTO page_views
SELECT timestamptz '2026-11-01' + n * interval '20 seconds', 1 + n % 30000, '/product/' || n % 2000
FROM generate_series(1, 60000) n;

-- FAULT bloat, dead rows, and autovacuum switched off: carts were rewritten again and again, and never vacuumed.
CREATE TABLE carts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL,
    content text NOT NULL,
    touched_at timestamptz NOT NULL
) WITH (autovacuum_enabled = off);
CREATE INDEX carts_touched_idx ON carts (touched_at);
INSERT INTO carts (customer_id, content, touched_at)
SELECT 1 + n % 30000, repeat('item ', 40), timestamptz '2026-11-01' + n * interval '1 minute'
FROM generate_series(1, 30000) n;
UPDATE carts SET touched_at = touched_at + interval '1 day';
UPDATE carts SET touched_at = touched_at + interval '1 day';
DELETE FROM carts WHERE id % 10 <> 0;
ANALYZE carts;

-- FAULT statistics: a big table that was never analysed, and will not be.
CREATE TABLE supplier_feed (
    id bigint PRIMARY KEY,
    supplier text NOT NULL,
    body text NOT NULL
) WITH (autovacuum_enabled = off);
INSERT INTO supplier_feed
SELECT n, 'supplier ' || n % 40, repeat('x', 200) FROM generate_series(1, 40000) n;

-- FAULT default partition with rows: the last partition ended, and nobody made the next.
CREATE TABLE payments (
    id bigint NOT NULL,
    paid_on date NOT NULL,
    amount numeric(10, 2) NOT NULL,
    PRIMARY KEY (id, paid_on)
) PARTITION BY RANGE (paid_on);
CREATE TABLE payments_2026_h1 PARTITION OF payments FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
CREATE TABLE payments_2026_q3 PARTITION OF payments FOR VALUES FROM ('2026-07-01') TO ('2026-10-01');
CREATE TABLE payments_default PARTITION OF payments DEFAULT;
INSERT INTO payments
SELECT n, date '2026-01-01' + n % 320, 10 + n % 90 FROM generate_series(1, 16000) n;

-- FAULT unlogged table: empty after a crash, and absent on every reader.
CREATE UNLOGGED TABLE coupon_claims (id bigint PRIMARY KEY, code text NOT NULL);
INSERT INTO coupon_claims SELECT n, 'CODE' || n FROM generate_series(1, 500) n;

-- FAULT a trigger that somebody switched off and forgot.
CREATE FUNCTION refuse_negative_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.in_stock < 0 THEN
        RAISE EXCEPTION 'product % would have negative stock', new.id;
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER products_stock_guard BEFORE UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION refuse_negative_stock();
ALTER TABLE products DISABLE TRIGGER products_stock_guard;

-- FAULT a function that runs as its owner and trusts the caller's search_path.
CREATE FUNCTION refund(order_number integer) RETURNS void LANGUAGE sql SECURITY DEFINER
AS $$ UPDATE orders SET status = 'refunded' WHERE id = order_number $$;

-- FAULT everybody may create objects in public.
GRANT CREATE ON SCHEMA public TO PUBLIC;

ANALYZE customers;
ANALYZE products;
ANALYZE orders;
ANALYZE order_lines;
ANALYZE invoices;
ANALYZE page_views;
ANALYZE payments;
ANALYZE coupon_claims;

-- FAULT invalid index: the address is not unique, so this fails and leaves its remains. (expected to fail)
CREATE UNIQUE INDEX CONCURRENTLY customers_email_unique ON customers (email);

-- The healthy schema of the Aurora cluster: keys, indexes and statistics as they should be.
CREATE TABLE accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,
    balance numeric(12, 2) NOT NULL DEFAULT 0 CHECK (balance >= 0)
);
CREATE TABLE bookings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES accounts,
    amount numeric(12, 2) NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX bookings_account_idx ON bookings (account_id, booked_at);
INSERT INTO accounts (email, balance) SELECT 'a' || n || '@example.com', 100 FROM generate_series(1, 2000) n;
INSERT INTO bookings (account_id, amount, booked_at)
SELECT 1 + n % 2000, 5 + n % 40, timestamptz '2026-10-01' + n * interval '3 minutes' FROM generate_series(1, 10000) n;
VACUUM (ANALYZE) accounts;
VACUUM (ANALYZE) bookings;

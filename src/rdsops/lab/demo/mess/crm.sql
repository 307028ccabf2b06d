-- A customer desk on MariaDB that was never looked after. Each fault is marked FAULT.
-- Statements end with a semicolon at the end of a line.

CREATE TABLE contacts (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email VARCHAR(190) NOT NULL,
    name VARCHAR(190) NOT NULL,
    city VARCHAR(190) NOT NULL
) ENGINE = InnoDB;
INSERT INTO contacts (email, name, city)
SELECT CONCAT('p', seq, '@example.com'), CONCAT('Person ', seq), CONCAT('City ', seq % 300) FROM seq_1_to_20000;
-- FAULT redundant index: email alone is the beginning of the second.
CREATE INDEX contacts_email_redundant ON contacts (email);
CREATE INDEX contacts_email_name ON contacts (email, name);
-- FAULT unused index.
CREATE INDEX contacts_city_unused ON contacts (city, name);

-- FAULT table without primary key.
CREATE TABLE call_log (
    called_at DATETIME NOT NULL,
    contact_id BIGINT NOT NULL,
    minutes INT NOT NULL
) ENGINE = InnoDB;
INSERT INTO call_log
SELECT '2026-01-01' + INTERVAL seq MINUTE, 1 + seq % 20000, seq % 30 FROM seq_1_to_10000;

-- FAULT auto_increment at 90 % of INT.
CREATE TABLE tickets (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    contact_id BIGINT NOT NULL,
    subject VARCHAR(190) NOT NULL,
    state VARCHAR(20) NOT NULL,
    KEY tickets_contact (contact_id),
    CONSTRAINT tickets_contact_fk FOREIGN KEY (contact_id) REFERENCES contacts (id)
) ENGINE = InnoDB AUTO_INCREMENT = 1932735283;
INSERT INTO tickets (contact_id, subject, state)
SELECT 1 + seq % 20000, CONCAT('Question ', seq), IF(seq % 9 = 0, 'open', 'closed') FROM seq_1_to_10000;

-- FAULT MyISAM: no transactions, repaired by hand after a crash.
CREATE TABLE legacy_notes (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    note TEXT NOT NULL
) ENGINE = MyISAM;
INSERT INTO legacy_notes (note) SELECT CONCAT('note ', seq) FROM seq_1_to_2000;

-- FAULT utf8mb3: no emoji, and gone one day.
CREATE TABLE old_labels (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    label VARCHAR(100) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb3;
INSERT INTO old_labels (label) SELECT CONCAT('label ', seq) FROM seq_1_to_500;

-- FAULT fragmented: three quarters were deleted, the file kept its size.
CREATE TABLE attachments (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    body VARCHAR(2000) NOT NULL
) ENGINE = InnoDB;
INSERT INTO attachments (body) SELECT REPEAT('a', 1500) FROM seq_1_to_16000;
DELETE FROM attachments WHERE id > 4000;

ANALYZE TABLE contacts, call_log, tickets, old_labels, attachments;

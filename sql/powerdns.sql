-- SPDX-License-Identifier: ISC
-- The tables that PowerDNS 4.7 expects of its MySQL backend.

CREATE TABLE domains (
	id		INT AUTO_INCREMENT PRIMARY KEY,
	name		VARCHAR(255) NOT NULL,
	master		VARCHAR(128) DEFAULT NULL,
	last_check	INT DEFAULT NULL,
	type		VARCHAR(8) NOT NULL,
	notified_serial	INT UNSIGNED DEFAULT NULL,
	account		VARCHAR(40) CHARACTER SET utf8 DEFAULT NULL,
	options		VARCHAR(64000) DEFAULT NULL,
	catalog		VARCHAR(255) DEFAULT NULL,
	UNIQUE INDEX name_index (name),
	INDEX catalog_idx (catalog)
) ENGINE = InnoDB CHARACTER SET latin1;

-- ordername is compared byte by byte: it has the order of DNSSEC.
CREATE TABLE records (
	id		BIGINT AUTO_INCREMENT PRIMARY KEY,
	domain_id	INT DEFAULT NULL,
	name		VARCHAR(255) DEFAULT NULL,
	type		VARCHAR(10) DEFAULT NULL,
	content		VARCHAR(64000) DEFAULT NULL,
	ttl		INT DEFAULT NULL,
	prio		INT DEFAULT NULL,
	disabled	TINYINT(1) DEFAULT 0,
	ordername	VARCHAR(255) BINARY DEFAULT NULL,
	auth		TINYINT(1) DEFAULT 1,
	INDEX nametype_index (name, type),
	INDEX domain_id (domain_id),
	INDEX ordername (ordername)
) ENGINE = InnoDB CHARACTER SET latin1;

CREATE TABLE supermasters (
	ip		VARCHAR(64) NOT NULL,
	nameserver	VARCHAR(255) NOT NULL,
	account		VARCHAR(40) CHARACTER SET utf8 NOT NULL,
	PRIMARY KEY (ip, nameserver)
) ENGINE = InnoDB CHARACTER SET latin1;

CREATE TABLE comments (
	id		INT AUTO_INCREMENT PRIMARY KEY,
	domain_id	INT NOT NULL,
	name		VARCHAR(255) NOT NULL,
	type		VARCHAR(10) NOT NULL,
	modified_at	INT NOT NULL,
	account		VARCHAR(40) CHARACTER SET utf8 DEFAULT NULL,
	comment		TEXT CHARACTER SET utf8 NOT NULL,
	INDEX comments_name_type_idx (name, type),
	INDEX comments_order_idx (domain_id, modified_at)
) ENGINE = InnoDB CHARACTER SET latin1;

CREATE TABLE domainmetadata (
	id		INT AUTO_INCREMENT PRIMARY KEY,
	domain_id	INT NOT NULL,
	kind		VARCHAR(32),
	content		TEXT,
	INDEX domainmetadata_idx (domain_id, kind)
) ENGINE = InnoDB CHARACTER SET latin1;

CREATE TABLE cryptokeys (
	id		INT AUTO_INCREMENT PRIMARY KEY,
	domain_id	INT NOT NULL,
	flags		INT NOT NULL,
	active		BOOL,
	published	BOOL DEFAULT 1,
	content		TEXT,
	INDEX domainidindex (domain_id)
) ENGINE = InnoDB CHARACTER SET latin1;

CREATE TABLE tsigkeys (
	id		INT AUTO_INCREMENT PRIMARY KEY,
	name		VARCHAR(255),
	algorithm	VARCHAR(50),
	secret		VARCHAR(255),
	UNIQUE INDEX namealgoindex (name, algorithm)
) ENGINE = InnoDB CHARACTER SET latin1;

CREATE TABLE simple_primary_key (
  id integer primary key,
  content text
);
INSERT INTO "simple_primary_key" VALUES (1, 'hello');
INSERT INTO "simple_primary_key" VALUES (2, 'world');
INSERT INTO "simple_primary_key" VALUES (3, '');
INSERT INTO "simple_primary_key" VALUES (4, 'RENDER_CELL_DEMO');
INSERT INTO "simple_primary_key" VALUES (5, 'RENDER_CELL_ASYNC');
CREATE TABLE primary_key_multiple_columns (
  id varchar(30) primary key,
  content text,
  content2 text
);
INSERT INTO "primary_key_multiple_columns" VALUES ('1', 'hey', 'world');
CREATE TABLE primary_key_multiple_columns_explicit_label (
  id varchar(30) primary key,
  content text,
  content2 text
);
INSERT INTO "primary_key_multiple_columns_explicit_label" VALUES ('1', 'hey', 'world2');
CREATE TABLE compound_primary_key (
  pk1 varchar(30),
  pk2 varchar(30),
  content text,
  PRIMARY KEY (pk1, pk2)
);
INSERT INTO "compound_primary_key" VALUES ('a', 'b', 'c');
INSERT INTO "compound_primary_key" VALUES ('a/b', '.c-d', 'c');
INSERT INTO "compound_primary_key" VALUES ('d', 'e', 'RENDER_CELL_DEMO');
CREATE TABLE compound_three_primary_keys (
  pk1 varchar(30),
  pk2 varchar(30),
  pk3 varchar(30),
  content text,
  PRIMARY KEY (pk1, pk2, pk3)
);
-- compound rows
CREATE INDEX idx_compound_three_primary_keys_content ON compound_three_primary_keys(content);
CREATE TABLE foreign_key_references (
  pk varchar(30) primary key,
  foreign_key_with_label integer,
  foreign_key_with_blank_label integer,
  foreign_key_with_no_label varchar(30),
  foreign_key_compound_pk1 varchar(30),
  foreign_key_compound_pk2 varchar(30),
  FOREIGN KEY (foreign_key_with_label) REFERENCES simple_primary_key(id),
  FOREIGN KEY (foreign_key_with_blank_label) REFERENCES simple_primary_key(id),
  FOREIGN KEY (foreign_key_with_no_label) REFERENCES primary_key_multiple_columns(id)
  FOREIGN KEY (foreign_key_compound_pk1, foreign_key_compound_pk2) REFERENCES compound_primary_key(pk1, pk2)
);
INSERT INTO "foreign_key_references" VALUES ('1', 1, 3, '1', 'a', 'b');
INSERT INTO "foreign_key_references" VALUES ('2', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE sortable (
  pk1 varchar(30),
  pk2 varchar(30),
  content text,
  sortable integer,
  sortable_with_nulls real,
  sortable_with_nulls_2 real,
  text text,
  PRIMARY KEY (pk1, pk2)
);
-- sortable rows
CREATE TABLE no_primary_key (
  content text,
  a text,
  b text,
  c text
);
-- numbered rows
CREATE TABLE [123_starts_with_digits] (
  content text
);
CREATE VIEW paginated_view AS
    SELECT
        content,
        '- ' || content || ' -' AS content_extra
    FROM no_primary_key;
CREATE TABLE "Table With Space In Name" (
  pk varchar(30) primary key,
  content text
);
CREATE TABLE "table/with/slashes.csv" (
  pk varchar(30) primary key,
  content text
);
INSERT INTO "table/with/slashes.csv" VALUES ('3', 'hey');
CREATE TABLE "complex_foreign_keys" (
  pk varchar(30) primary key,
  f1 integer,
  f2 integer,
  f3 integer,
  FOREIGN KEY ("f1") REFERENCES [simple_primary_key](id),
  FOREIGN KEY ("f2") REFERENCES [simple_primary_key](id),
  FOREIGN KEY ("f3") REFERENCES [simple_primary_key](id)
);
INSERT INTO "complex_foreign_keys" VALUES ('1', 1, 2, 1);
CREATE TABLE "custom_foreign_key_label" (
  pk varchar(30) primary key,
  foreign_key_with_custom_label text,
  FOREIGN KEY ("foreign_key_with_custom_label") REFERENCES [primary_key_multiple_columns_explicit_label](id)
);
INSERT INTO "custom_foreign_key_label" VALUES ('1', '1');
CREATE TABLE tags (
    tag TEXT PRIMARY KEY
);
INSERT INTO "tags" VALUES ('canine');
INSERT INTO "tags" VALUES ('feline');
CREATE TABLE searchable (
  pk integer primary key,
  text1 text,
  text2 text,
  [name with . and spaces] text
);
INSERT INTO "searchable" VALUES (1, 'barry cat', 'terry dog', 'panther');
INSERT INTO "searchable" VALUES (2, 'terry dog', 'sara weasel', 'puma');
CREATE TABLE searchable_tags (
    searchable_id integer,
    tag text,
    PRIMARY KEY (searchable_id, tag),
    FOREIGN KEY (searchable_id) REFERENCES searchable(pk),
    FOREIGN KEY (tag) REFERENCES tags(tag)
);
INSERT INTO "searchable_tags" VALUES (1, 'feline');
INSERT INTO "searchable_tags" VALUES (2, 'canine');
CREATE VIRTUAL TABLE "searchable_fts"
    USING FTS5 (text1, text2, [name with . and spaces], content="searchable", content_rowid="pk");
INSERT INTO "searchable_fts" (rowid, text1, text2, [name with . and spaces])
    SELECT rowid, text1, text2, [name with . and spaces] FROM searchable;
CREATE TABLE [select] (
  [group] text,
  [having] text,
  [and] text,
  [json] text
);
INSERT INTO "select" VALUES ('group', 'having', 'and', '{"href": "http://example.com/", "label":"Example"}');
CREATE TABLE infinity (
    value REAL
);
INSERT INTO "infinity" VALUES (1e999);
INSERT INTO "infinity" VALUES (-1e999);
INSERT INTO "infinity" VALUES (1.5);
CREATE TABLE facet_cities (
    id integer primary key,
    name text
);
INSERT INTO "facet_cities" VALUES (1, 'San Francisco');
INSERT INTO "facet_cities" VALUES (2, 'Los Angeles');
INSERT INTO "facet_cities" VALUES (3, 'Detroit');
INSERT INTO "facet_cities" VALUES (4, 'Memnonia');
CREATE TABLE facetable (
    pk integer primary key,
    created text,
    planet_int integer,
    on_earth integer,
    state text,
    _city_id integer,
    _neighborhood text,
    tags text,
    complex_array text,
    distinct_some_null,
    n text,
    FOREIGN KEY ("_city_id") REFERENCES [facet_cities](id)
);
INSERT INTO "facetable" VALUES (1, '2019-01-14 08:00:00', 1, 1, 'CA', 1, 'Mission', '["tag1", "tag2"]', '[{"foo": "bar"}]', 'one', 'n1');
INSERT INTO "facetable" VALUES (2, '2019-01-14 08:00:00', 1, 1, 'CA', 1, 'Dogpatch', '["tag1", "tag3"]', '[]', 'two', 'n2');
INSERT INTO "facetable" VALUES (3, '2019-01-14 08:00:00', 1, 1, 'CA', 1, 'SOMA', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (4, '2019-01-14 08:00:00', 1, 1, 'CA', 1, 'Tenderloin', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (5, '2019-01-15 08:00:00', 1, 1, 'CA', 1, 'Bernal Heights', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (6, '2019-01-15 08:00:00', 1, 1, 'CA', 1, 'Hayes Valley', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (7, '2019-01-15 08:00:00', 1, 1, 'CA', 2, 'Hollywood', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (8, '2019-01-15 08:00:00', 1, 1, 'CA', 2, 'Downtown', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (9, '2019-01-16 08:00:00', 1, 1, 'CA', 2, 'Los Feliz', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (10, '2019-01-16 08:00:00', 1, 1, 'CA', 2, 'Koreatown', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (11, '2019-01-16 08:00:00', 1, 1, 'MI', 3, 'Downtown', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (12, '2019-01-17 08:00:00', 1, 1, 'MI', 3, 'Greektown', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (13, '2019-01-17 08:00:00', 1, 1, 'MI', 3, 'Corktown', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (14, '2019-01-17 08:00:00', 1, 1, 'MI', 3, 'Mexicantown', '[]', '[]', NULL, NULL);
INSERT INTO "facetable" VALUES (15, '2019-01-17 08:00:00', 2, 0, 'MC', 4, 'Arcadia Planitia', '[]', '[]', NULL, NULL);
CREATE TABLE binary_data (
    data BLOB
);
CREATE TABLE roadside_attractions (
    pk integer primary key,
    name text,
    address text,
    url text,
    latitude real,
    longitude real
);
INSERT INTO "roadside_attractions" VALUES (1, 'The Mystery Spot', '465 Mystery Spot Road, Santa Cruz, CA 95065', 'https://www.mysteryspot.com/', 37.0167, -122.0024);
INSERT INTO "roadside_attractions" VALUES (2, 'Winchester Mystery House', '525 South Winchester Boulevard, San Jose, CA 95128', 'https://winchestermysteryhouse.com/', 37.3184, -121.9511);
INSERT INTO "roadside_attractions" VALUES (3, 'Burlingame Museum of PEZ Memorabilia', '214 California Drive, Burlingame, CA 94010', NULL, 37.5793, -122.3442);
INSERT INTO "roadside_attractions" VALUES (4, 'Bigfoot Discovery Museum', '5497 Highway 9, Felton, CA 95018', 'https://www.bigfootdiscoveryproject.com/', 37.0414, -122.0725);
CREATE TABLE attraction_characteristic (
    pk integer primary key,
    name text
);
INSERT INTO "attraction_characteristic" VALUES (1, 'Museum');
INSERT INTO "attraction_characteristic" VALUES (2, 'Paranormal');
CREATE TABLE roadside_attraction_characteristics (
    attraction_id INTEGER REFERENCES roadside_attractions(pk),
    characteristic_id INTEGER REFERENCES attraction_characteristic(pk)
);
INSERT INTO "roadside_attraction_characteristics" VALUES (1, 2);
INSERT INTO "roadside_attraction_characteristics" VALUES (2, 2);
INSERT INTO "roadside_attraction_characteristics" VALUES (4, 2);
INSERT INTO "roadside_attraction_characteristics" VALUES (3, 1);
INSERT INTO "roadside_attraction_characteristics" VALUES (4, 1);
CREATE VIEW simple_view AS
    SELECT content, upper(content) AS upper_content FROM simple_primary_key;
CREATE VIEW searchable_view AS
    SELECT * from searchable;
CREATE VIEW searchable_view_configured_by_metadata AS
    SELECT * from searchable;

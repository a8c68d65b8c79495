-- When money reached a goal; null of those that were completed by hand. What a slip has reached can be told from that.
alter table goals add column reached_at timestamptz;

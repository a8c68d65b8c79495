-- Whether whoever comes back stays signed in on the device.
alter table oauth_flows add column remember boolean not null default false;

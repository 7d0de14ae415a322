// The place of sockjs-client, which `make web` brings from npm. Without it the page uses /ws only.

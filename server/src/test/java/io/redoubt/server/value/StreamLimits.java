package io.redoubt.server.value;

/** Limits of a stream's nodes. */
record StreamLimits(long streamNodeMaxBytes, long streamNodeMaxEntries) implements DefaultLimits {}

package io.redoubt.server.cluster.message;

/** A message of the cluster bus. */
public record Message(Header header, Body body) {}

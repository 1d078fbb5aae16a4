/**
 * Mechanisms of the data server that exist for speed on particular machines. The server is correct
 * without them. Each class says what it buys and by which benchmark, what it costs, when it is off,
 * and which directive controls it; the directives are in {@code TuningDirectives}. May import
 * {@code protocol.net} and {@code protocol.process}; independent of the keyspace and of files.
 */
@NullMarked
package io.redoubt.server.tuning;

import org.jspecify.annotations.NullMarked;

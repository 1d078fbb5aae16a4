/**
 * The disk as an interface, so that all durable state can be tested against a disk that fills up,
 * fails or loses unsynced writes. Imports the JDK only: callers pass bytes as memory segments.
 */
@NullMarked
package io.redoubt.persistence.io;

import org.jspecify.annotations.NullMarked;

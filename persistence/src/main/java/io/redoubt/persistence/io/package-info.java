/**
 * The disk as an interface, so that everything that is durable can be tested against a disk that
 * fills up, fails or loses what was not synced. Imports the JDK only: whoever writes bytes brings
 * them as memory segments.
 */
@NullMarked
package io.redoubt.persistence.io;

import org.jspecify.annotations.NullMarked;

/**
 * The values of each type: flyweights over entries and the structures of the region. Built on the
 * keyspace, which is notified before each change; replies are written straight from the region.
 */
@NullMarked
package io.redoubt.server.value;

import org.jspecify.annotations.NullMarked;

/**
 * What the bytes of a value mean, type by type: flyweights over entries and the structures of the
 * region. It stands above the keyspace, changes entries only through its gate, and writes replies
 * straight from the region.
 */
@NullMarked
package io.redoubt.server.value;

import org.jspecify.annotations.NullMarked;

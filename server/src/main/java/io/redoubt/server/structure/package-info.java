/**
 * Data structures over the region, of which keyspaces and values consist: {@link
 * io.redoubt.server.structure.ByteTable} and {@link io.redoubt.server.structure.RankedTree} are the
 * ones to start reading with. They work on blocks and bytes, and know no commands or types. They
 * import memory and the byte basics only.
 */
@NullMarked
package io.redoubt.server.structure;

import org.jspecify.annotations.NullMarked;

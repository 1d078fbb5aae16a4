/**
 * Data structures in the region, the building blocks of keyspaces and values. Start reading at
 * {@link io.redoubt.server.structure.ByteTable} and {@link io.redoubt.server.structure.RankedTree}.
 * They work on blocks and bytes, independent of commands and types. Imports memory and the byte
 * basics only.
 */
@NullMarked
package io.redoubt.server.structure;

import org.jspecify.annotations.NullMarked;

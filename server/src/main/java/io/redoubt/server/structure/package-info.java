/**
 * Data structures over the region: the hash table and the counted tree that keyspaces and values
 * are made of. They know blocks and bytes, but no commands and no types; they import memory and the
 * byte basics only.
 */
@NullMarked
package io.redoubt.server.structure;

import org.jspecify.annotations.NullMarked;

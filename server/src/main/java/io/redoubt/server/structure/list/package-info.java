/**
 * The structure of large lists: a quicklist, its nodes and a cursor. Start reading at {@link
 * io.redoubt.server.structure.list.Quicklist}. Imports memory and packed formats.
 */
@NullMarked
package io.redoubt.server.structure.list;

import org.jspecify.annotations.NullMarked;

/**
 * The export of values to RDB visitors, and its uses for single values: payloads of DUMP and
 * digests of DEBUG. Start reading at {@link io.redoubt.server.snapshot.export.ValueExport}. Imports
 * the store and the RDB formats.
 */
@NullMarked
package io.redoubt.server.snapshot.export;

import org.jspecify.annotations.NullMarked;

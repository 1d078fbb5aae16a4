/**
 * MIGRATE: sends keys to another server in slices while other clients are served. Start reading at
 * {@link io.redoubt.server.migrate.KeyMigration}. Imports the execution of commands and the export
 * of values.
 */
@NullMarked
package io.redoubt.server.migrate;

import org.jspecify.annotations.NullMarked;

/**
 * The addresses, replies and messages that sentinels exchange with each other and with data nodes,
 * as values: parsed, formatted and validated.
 */
@NullMarked
package io.redoubt.sentinel.message;

import org.jspecify.annotations.NullMarked;

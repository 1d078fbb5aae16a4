/**
 * The declaration of a directive and the types of values: numbers, sizes, choices, addresses,
 * output limits. Each type parses the arguments of a line and of CONFIG SET, and formats them back.
 *
 * <p>Imports {@code protocol.bytes} (quoting, numbers) and {@code protocol.process} (error texts).
 * Start reading at {@link io.redoubt.protocol.config.directive.Directive}.
 */
@NullMarked
package io.redoubt.protocol.config.directive;

import org.jspecify.annotations.NullMarked;

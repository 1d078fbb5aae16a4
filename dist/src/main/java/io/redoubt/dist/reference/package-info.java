/**
 * The manual of the distribution, pages of HTML written while it is built: the pages of {@code
 * doc}, rendered from Markdown, and the reference, generated from the declarations of directives,
 * commands, metrics and events. Starts at {@link io.redoubt.dist.reference.Manual}; may import
 * everything.
 */
@NullMarked
package io.redoubt.dist.reference;

import org.jspecify.annotations.NullMarked;

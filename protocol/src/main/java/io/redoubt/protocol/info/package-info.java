/**
 * INFO: sections and fields, declared next to the state that they show, rendered as the reply, and
 * listed individually for metrics.
 *
 * <p>Imports none of Redoubt's packages, because every other package may declare fields. Start
 * reading at {@link io.redoubt.protocol.info.Info}.
 */
@NullMarked
package io.redoubt.protocol.info;

import org.jspecify.annotations.NullMarked;

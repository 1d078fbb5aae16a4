package io.redoubt.dist.cli.session;

/**
 * The form in which replies are printed.
 *
 * @param elementDelimiter separates elements of raw output
 * @param replyDelimiter ends a raw reply
 * @param errorsToStandardError prints an error reply to standard error and fails
 * @param pushes prints push messages of RESP3
 * @param interactive shows redirections and long run times to a user
 */
public record Printing(
    OutputForm form,
    String elementDelimiter,
    String replyDelimiter,
    boolean errorsToStandardError,
    boolean pushes,
    boolean interactive) {

  public ReplyFormatter formatter() {
    return new ReplyFormatter(form, elementDelimiter, replyDelimiter);
  }
}

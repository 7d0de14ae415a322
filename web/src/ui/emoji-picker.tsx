// All emoji to choose one from, over what one was looking at.

export interface EmojiPickerProps {
  onPick: (emoji: string) => void; // the picker has closed itself
  onClose: () => void; // whatever was picked or not: take it out of the document
}

export function EmojiPicker(_: EmojiPickerProps) {
  return null;
}

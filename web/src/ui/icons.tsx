// The signs on buttons and rows. They say nothing to a screen reader: what they stand on does.

const PATHS = {
  menu: "M4 6h16M4 12h16M4 18h16",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  search: "M16.5 16.5L21 21M18 10.5a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0z",
  more: "M12 4.9a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2zM12 11.4a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2zM12 17.9a.6.6 0 1 0 0 1.2.6.6 0 0 0 0-1.2z",
  pencil: "M4 20l1-4.5L16.5 4a2.1 2.1 0 0 1 3 3L8.5 19 4 20z",
  people:
    "M15.5 19.5c0-3-2.7-4.5-6-4.5s-6 1.5-6 4.5M9.5 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM16 4.8a3.5 3.5 0 0 1 0 6.4M20.5 19.5c0-2.2-1-3.6-2.8-4.2",
  person: "M18.5 20c0-3.3-2.9-5-6.5-5s-6.5 1.7-6.5 5M12 11.5a3.75 3.75 0 1 0 0-7.5 3.75 3.75 0 0 0 0 7.5z",
  smile: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM8.5 14.5a4 4 0 0 0 7 0M9 9.5v.3M15 9.5v.3",
  send: "M4.5 12H11M4.5 12L3 4.5 21 12 3 19.5z",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A button that shows nothing but its sign; `label` is what it is called. */
export function IconButton({ name, label, ...rest }: IconButtonProps) {
  return (
    <button type="button" class="plain" aria-label={label} title={label} {...rest}>
      <Icon name={name} />
    </button>
  );
}

interface IconButtonProps {
  name: keyof typeof PATHS;
  label: string;
  onClick: () => void;
  id?: string;
  class?: string;
  "aria-expanded"?: boolean;
  "aria-pressed"?: boolean;
}

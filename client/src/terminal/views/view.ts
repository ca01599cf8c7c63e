/** For whom things are shown, how much room there is, and when. */
export interface View {
  readonly me: string;
  readonly width: number;
  readonly now: number;
}

// Runs whose images are no longer where they were: the person is asked where they are now.

import {labelOf} from "./comparing.js";
import {chooseFolder} from "./dialogs.js";
import {below} from "./reasons.js";

/**
 * Do `act(data)`, at first without data; each time the server misses a folder of images, ask where it is
 * now and do it again with all folders that were given. Raises an AbortError when the person gives up.
 */
export async function withImages(act) {
  const given = {};
  for (;;) {
    try {
      return await act(Object.keys(given).length ? {...given} : undefined);
    } catch (error) {
      if (error.error?.type !== "ImagesMovedError") throw error;
      const {field} = error.error.details;
      const before = below(error.error.where ?? "");
      const folder = await chooseFolder(`Where are the images now? (${labelOf(field)})`, "", {
        text: `They are no longer in ${before}. Choose the folder that contains them now.`,
      });
      if (folder === null) throw new DOMException("No folder was chosen", "AbortError");
      given[field] = folder;
    }
  }
}
